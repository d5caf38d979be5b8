"""Given and family names of many countries, with their short forms: what makes namesakes, twins and nicknames.

A household belongs to one culture and draws its names there, the first of a list more often than the last. Within a
culture no two given names are spellings of one another (Sam and Samuel, Jana and Janna): where two people of one house
have one short form, nobody could tell them apart. Lists are by letter, so that neighbours in them sound alike.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import pyarrow as pa


@dataclass(frozen=True)
class _Culture:
    """``share``: of a hundred households."""

    share: int
    given: str
    family: str


_CULTURES = (
    _Culture(
        share=40,
        given=(
            "Abigail Adam Alice Amber Andrew Anthony Barbara Benjamin Brandon Brenda Caleb Catherine Charles Claire "
            "Courtney Daisy Daniel Deborah Donald Dorothy Edward Elizabeth Emily Ethan Evelyn Florence Francis "
            "Frederick Gabriel George Grace Gregory Hannah Harold Hazel Henry Isaac Isabel Jack James Jennifer "
            "Jessica Jonathan Joseph Joshua Judith Katherine Kenneth Kimberly Laura Lawrence Leah Lillian Lucas "
            "Margaret Matthew Megan Michael Nathaniel Nicholas Noah Olivia Oscar Pamela Patricia Peter Phoebe "
            "Rachel Raymond Rebecca Richard Robert Rose Russell Samuel Sarah Scott Sophie Stephen Susan Theodore "
            "Thomas Timothy Tyler Valerie Victoria Virginia Walter William Wyatt Zachary Zoe"
        ),
        family=(
            "Abbott Adams Allen Andrews Armstrong Arnold Atkinson Bailey Baker Barker Barnes Barrett Bell Bennett "
            "Bishop Bradley Brooks Brown Bryant Burke Burton Butler Campbell Carter Chapman Clark Clarke Coleman "
            "Collins Cooper Crawford Davies Davis Dixon Edwards Elliott Ellis Evans Fisher Fletcher Foster Freeman "
            "Gardner Gibson Graham Grant Gray Green Griffin Hall Hamilton Hansen Harris Harrison Harvey Hayes "
            "Henderson Hill Holmes Howard Hughes Hunter Jackson Jenkins Johnson Jones Kelly Kennedy Knight Lawson "
            "Lewis Mackenzie Marshall Martin Mason McCarthy McDonald Miller Mitchell Moore Morgan Morris Murphy "
            "Murray Nelson Nolan O'Brien O'Connor Owens Palmer Parker Patterson Perkins Phillips Porter Powell "
            "Price Quinn Reed Reynolds Richardson Roberts Robinson Rogers Russell Sanders Scott Shaw Simmons Smith "
            "Spencer Stevens Stewart Sullivan Taylor Thompson Turner Walker Wallace Ward Warren Watson Webb Wells "
            "West White Wilkinson Williams Wilson Wood Wright Young"
        ),
    ),
    _Culture(
        share=17,
        given=(
            "Adriana Agustín Alejandra Andrés Ángela Beatriz Camila Carlos Carmen Catalina Cristina Daniela Diego "
            "Eduardo Elena Emilio Esteban Felipe Fernanda Francisco Gabriela Gonzalo Guadalupe Héctor Ignacio Inés "
            "Isabella Javier Joaquín Jorge José Juana Julieta Leticia Lorenzo Lucía Luis Manuel Marisol Mateo "
            "Miguel Mónica Natalia Nicolás Octavio Pablo Paloma Pedro Pilar Rafael Ramón Ricardo Rocío Rosario "
            "Santiago Sebastián Sofía Teresa Tomás Valentina Verónica Vicente Ximena Yolanda"
        ),
        family=(
            "Aguilar Álvarez Castillo Castro Chávez Contreras Cruz Delgado Díaz Domínguez Espinoza Estrada "
            "Fernández Flores Fuentes García Gómez González Guerrero Gutiérrez Hernández Herrera Ibarra Jiménez "
            "Juárez Lara León López Luna Maldonado Márquez Martínez Medina Méndez Mendoza Molina Morales Moreno "
            "Muñoz Navarro Núñez Ochoa Ortega Ortiz Pacheco Peña Pérez Ramírez Ramos Reyes Ríos Rivera Rodríguez "
            "Rojas Romero Ruiz Salazar Sánchez Sandoval Silva Soto Suárez Torres Valdez Vargas Vásquez Vega Velasco "
            "Zamora"
        ),
    ),
    _Culture(
        share=8,
        given=(
            "Annika Beate Birgit Bjarne Claudia Dieter Elke Emil Erik Franziska Freja Friedrich Gerhard Gisela "
            "Gudrun Günter Hanna Heike Heinrich Helga Henrik Ingrid Jens Jonas Jürgen Karin Kirsten Klaus Lars Leif "
            "Lennart Lotte Magnus Maike Matthias Mette Monika Niklas Olaf Petra Rolf Rüdiger Sabine Signe Silke "
            "Sören Stefan Svenja Thorsten Ulrike Ursula Uwe Volker Werner Wiebke Wolfgang"
        ),
        family=(
            "Albrecht Andersen Bauer Becker Berg Bergström Braun Dahl Eriksson Fischer Frank Friedrich Fuchs Graf "
            "Groß Haas Hartmann Hoffmann Holm Huber Jansen Jensen Johansson Kaiser Keller Klein Koch König Köhler "
            "Krause Krüger Lange Larsen Lehmann Lindqvist Lorenz Maier Meyer Möller Müller Neumann Nielsen Nyström "
            "Olsen Petersen Pfeiffer Richter Roth Schäfer Schmidt Schneider Schröder Schulz Schwarz Sørensen Vogel "
            "Wagner Weber Weiß Werner Winkler Wolf Zimmermann"
        ),
    ),
    _Culture(
        share=7,
        given=(
            "Adèle Alessandro Amélie Antoine Aurélie Bastien Bianca Carla Cédric Chiara Chloé Clément Davide "
            "Delphine Élodie Émile Enzo Fabien Federica François Geneviève Giacomo Giulia Hélène Hugo Ilaria "
            "Jacques Jérôme Lorenza Luc Marcello Marguerite Mathilde Maxime Nadège Noémie Océane Paola Pascal "
            "Philippe Pierre Renata René Riccardo Romain Sandrine Sylvie Thierry Tommaso Ugo Valérie Vincenzo Yves"
        ),
        family=(
            "Barbieri Bernard Bertrand Bianchi Blanc Bonnet Boucher Caron Caruso Chevalier Colombo Conti Costa De "
            "Luca Dubois Dupont Durand Esposito Ferrari Fontaine Fournier Galli Garnier Gauthier Giordano Girard "
            "Greco Lambert Laurent Leclerc Lefebvre Lemaire Leroy Lombardi Mancini Marchand Mariani Marino Mercier "
            "Moreau Moretti Morin Perrin Petit Renard Ricci Rinaldi Rizzo Robert Romano Rossi Rousseau Roussel "
            "Russo Vidal Vincent"
        ),
    ),
    _Culture(
        share=7,
        given=(
            "Agnieszka Aleksander Bartosz Bogdan Božena Danuta Dmitri Dominik Ekaterina Elżbieta Filip Galina "
            "Grzegorz Halina Igor Irina Jacek Jarmila Kamil Katarzyna Krystyna Łukasz Ludmila Maciej Małgorzata "
            "Marek Milan Nadia Natasha Nikolai Oksana Olga Pavel Piotr Radek Sergei Stanisław Světlana Tadeusz "
            "Tatiana Tomasz Vadim Vladimír Wojciech Yuri Zbigniew Zofia"
        ),
        family=(
            "Baran Černý Dąbrowski Dvořák Fedorov Horáková Horvat Ivanov Jankowski Jovanović Kaczmarek Kamiński "
            "Kovač Kovalenko Kowalczyk Kowalski Kozlov Kučera Lewandowski Mazur Morozov Nowak Novák Orlov Pavlov "
            "Petrović Petrov Piotrowski Popov Procházka Rutkowski Shevchenko Sikora Smirnov Sokolov Svoboda "
            "Szymański Wiśniewski Wójcik Zając Zieliński"
        ),
    ),
    _Culture(
        share=6,
        given=(
            "Ahmed Aisha Ali Amina Ayşe Bilal Burak Defne Elif Emine Emre Farid Fatima Gülşen Hakan Hamza Hassan "
            "Huda Ibrahim Kareem Khalid Layla Mahmoud Mehmet Murat Mustafa Nour Omar Osman Rania Salma Samir Selin "
            "Tariq Umut Yasemin Yusuf Zehra Zeynep"
        ),
        family=(
            "Abbas Abdullah Akbar Ansari Arslan Aslan Aydın Çelik Chaudhry Demir Doğan Farooq Haddad Hakimi Hussein "
            "Kaplan Karim Kaya Khalil Khan Kılıç Koç Mansour Nasser Öztürk Polat Qureshi Rahman Sahin Saleh Sharif "
            "Siddiqui Yıldırım Yıldız Yılmaz Zaman"
        ),
    ),
    _Culture(
        share=7,
        given=(
            "Aarav Aditi Akash Amit Ananya Anjali Arjun Chandra Deepak Divya Gaurav Gopal Harsha Ishaan Jaya "
            "Karthik Kavita Kiran Lakshmi Madhav Manish Meera Mohan Nandini Neha Nikhil Padma Pooja Pranav Priya "
            "Rahul Rajesh Rohan Sanjay Shreya Sunita Suresh Uma Varun Vijay Vikram"
        ),
        family=(
            "Agarwal Banerjee Bhatt Chatterjee Chopra Das Desai Deshmukh Dutta Gandhi Ghosh Gupta Iyer Jain Joshi "
            "Kapoor Kaur Kulkarni Kumar Malhotra Mehta Menon Mishra Nair Pandey Patel Pillai Rao Reddy Roy Saxena "
            "Sen Shah Sharma Singh Sinha Srinivasan Subramanian Thakur Trivedi Varma Verma Yadav"
        ),
    ),
    _Culture(
        share=8,
        given=(
            "An Bao Chen Chi Dae Dung Eun Fang Hana Haruto Hiroshi Hong Hui Jae Jia Jin Jun Kaito Kang Kenji Lan "
            "Lei Li Lin Mai Mei Minh Ming Na Nam Ngoc Phuong Qiang Ren Rui Sakura Seo Shan Soo Tao Thao Thuy Wei "
            "Xin Yan Yoko Yuki Yun Zhen"
        ),
        family=(
            "Bui Chan Chang Chen Cheng Cho Choi Chung Dang Dinh Do Duong Fujita Gao Guo Han Hayashi He Hoang Huang "
            "Ito Jung Kang Kato Kim Kobayashi Kwon Lam Le Lee Li Lim Lin Liu Luo Ma Mori Nakamura Ngo Nguyen Ogawa "
            "Park Pham Phan Saito Sato Shin Song Sun Suzuki Takahashi Tanaka Tran Vo Wang Wong Wu Xu Yamamoto Yang "
            "Yoo Yoshida Zhang Zhao Zhou Zhu"
        ),
    ),
)
SHORT_FORMS = {
    "Abigail": "Abby Gail", "Andrew": "Andy Drew", "Anthony": "Tony", "Barbara": "Barb Babs", "Benjamin": "Ben",
    "Catherine": "Cathy Kate", "Charles": "Charlie Chuck", "Daniel": "Dan Danny", "Deborah": "Deb Debbie",
    "Dorothy": "Dot Dolly", "Edward": "Ed Ted Eddie", "Elizabeth": "Liz Beth Betty Eliza", "Francis": "Frank",
    "Frederick": "Fred Freddie", "Gregory": "Greg", "Harold": "Harry Hal", "Henry": "Hank Harry", "James": "Jim Jimmy",
    "Jennifer": "Jen Jenny", "Jessica": "Jess", "Jonathan": "Jon Johnny", "Joseph": "Joe", "Joshua": "Josh",
    "Judith": "Judy", "Katherine": "Kate Kathy Kitty", "Kenneth": "Ken", "Kimberly": "Kim", "Lawrence": "Larry",
    "Lillian": "Lily", "Margaret": "Maggie Peggy Meg", "Matthew": "Matt", "Michael": "Mike Mick",
    "Nathaniel": "Nate Nathan", "Nicholas": "Nick", "Pamela": "Pam", "Patricia": "Pat Trish Patty", "Peter": "Pete",
    "Raymond": "Ray", "Rebecca": "Becky Bec", "Richard": "Rick Dick Richie", "Robert": "Bob Rob Bobby",
    "Samuel": "Sam", "Stephen": "Steve", "Susan": "Sue Suzie", "Theodore": "Ted Theo",
    "Thomas": "Tom", "Timothy": "Tim", "Valerie": "Val", "Victoria": "Vicky Tori", "Virginia": "Ginny",
    "Walter": "Walt", "William": "Bill Will Billy", "Zachary": "Zach", "Alejandra": "Ale Sandra", "Beatriz": "Bea",
    "Eduardo": "Lalo Edu", "Francisco": "Paco Pancho", "Guadalupe": "Lupe", "Ignacio": "Nacho", "Isabella": "Isa Bella",
    "José": "Pepe", "Leticia": "Lety", "Manuel": "Manolo Manny", "Miguel": "Mike", "Rafael": "Rafa",
    "Rosario": "Charo", "Santiago": "Santi", "Sebastián": "Seba", "Teresa": "Tere", "Valentina": "Vale",
    "Franziska": "Franzi", "Friedrich": "Fritz", "Heinrich": "Heinz", "Matthias": "Matze", "Stefan": "Steffen",
    "Ursula": "Uschi", "Wolfgang": "Wolf", "Alessandro": "Sandro", "Federica": "Chicca", "Giacomo": "Mino",
    "Vincenzo": "Vince", "Aleksander": "Olek Sasha", "Dmitri": "Dima", "Ekaterina": "Katya", "Katarzyna": "Kasia",
    "Małgorzata": "Gosia", "Tatiana": "Tanya", "Vladimír": "Vova", "Ibrahim": "Ibo", "Mahmoud": "Hamoudi",
}  # fmt: skip

_UNCOMPOSED = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "ı": "i"})


def plain(name: str) -> str:
    """A name in letters without accents: ``Łukasz`` -> ``Lukasz``."""
    return unicodedata.normalize("NFKD", name.translate(_UNCOMPOSED)).encode("ascii", "ignore").decode()


def _families(text: str) -> list[str]:
    return text.replace("De Luca", "De_Luca").replace("_", "\u00a0").split(" ")


def _pool(lists: list[list[str]]) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    sizes = np.array([len(one) for one in lists])
    words = tuple(word.replace("\u00a0", " ") for one in lists for word in one)
    return words, np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes


WEIGHTS = np.array([culture.share for culture in _CULTURES]) / 100
GIVEN, GIVEN_FIRST, GIVEN_COUNT = _pool([culture.given.split() for culture in _CULTURES])
FAMILY, FAMILY_FIRST, FAMILY_COUNT = _pool([_families(culture.family) for culture in _CULTURES])
GIVEN_PLAIN, FAMILY_PLAIN = tuple(map(plain, GIVEN)), tuple(map(plain, FAMILY))
GIVEN_LETTERS, FAMILY_LETTERS = (
    tuple("".join(filter(str.isalpha, name)).lower() for name in pool) for pool in (GIVEN_PLAIN, FAMILY_PLAIN)
)
"""As in e-mail addresses: letters a to z alone."""
_SHORT = [SHORT_FORMS.get(name, "").split() for name in GIVEN]
NICKNAMES = pa.array([short for shorts in _SHORT for short in shorts] or [""])
NICKNAME_COUNT = np.array([len(shorts) for shorts in _SHORT])
NICKNAME_FIRST = np.concatenate([[0], np.cumsum(NICKNAME_COUNT)[:-1]])
